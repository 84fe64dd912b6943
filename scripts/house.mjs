// Holds the imports of src/ and assembly/ to the rules in .dependency-cruiser.mjs, and draws docs/images/house.svg from
// them. `--check` only compares the drawing.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise } from 'dependency-cruiser'
import ts from 'typescript'
import { floors, forbidden, names, options, rooms } from '../.dependency-cruiser.mjs'
import { drawHouse } from './draw-house.mjs'

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'))
const DRAWING = 'docs/images/house.svg'

/** What Node is given for the package imports, as the sources that it is built from. */
function packageImports() {
  const { imports } = JSON.parse(readFileSync('package.json', 'utf8'))
  const source = ({ node }) => node.replace(/^\.\/build\/(.*)\.js$/, `${process.cwd()}/$1.ts`)
  return Object.fromEntries(Object.entries(imports).map(([name, files]) => [name, source(files)]))
}

/** The files of the house with their imports, and what breaks a rule. */
async function readImports() {
  const resolution = {
    alias: packageImports(),
    extensions: ['.ts', '.js'],
    extensionAlias: { '.js': ['.ts', '.js'] },
    conditionNames: ['import', 'node', 'default'],
    exportsFields: ['exports'],
  }
  const { output } = await cruise(
    ['src', 'assembly'],
    { ...options, validate: true, ruleSet: { forbidden } },
    resolution,
  )
  const files = output.modules.filter(({ source }) => /^(src|assembly)\//.test(source))
  return { files, violations: output.summary.violations }
}

/** Broken rules as sentences; a circle is told once, not from each of its files. */
function sentences(violations) {
  const comments = new Map(forbidden.map(({ name, comment }) => [name, comment]))
  const told = new Set()
  return violations.flatMap(({ rule: { name }, from, to, cycle }) => {
    const key = cycle
      ?.map((file) => file.name)
      .sort()
      .join()
    if (key && told.has(key)) return []
    told.add(key)
    const found = cycle
      ? `${from} imports itself by way of ${cycle
          .map((file) => file.name)
          .slice(0, -1)
          .join(', ')}`
      : `${from} imports ${to}`
    return `${found}: ${comments.get(name)} (${name})`
  })
}

/**
 * Where a file uses a name that only another room may: as a global, or as a property of `globalThis`.
 *
 * @returns {string[]} sentences
 */
function strangeNames(path) {
  const text = readFileSync(path, 'utf8')
  const strange = names.filter(({ room, name }) => !path.startsWith(room) && name.test(text))
  if (strange.length === 0) return []
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const declared = new Set()
  const used = []
  const visit = (node) => {
    if (ts.isIdentifier(node)) {
      const { parent } = node
      if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
        if (parent.expression.getText() === 'globalThis') used.push(node)
      } else if (parent.name === node || parent.propertyName === node) declared.add(node.text)
      else used.push(node)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return used.flatMap((node) =>
    strange
      .filter(({ name }) => name.test(node.text) && !declared.has(node.text))
      .map(({ room }) => {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart())
        return `${path}:${line + 1}: ${node.text} is for ${room} alone`
      }),
  )
}

const isChecked = process.argv.includes('--check')
const { files, violations } = await readImports()
const faults = [
  ...sentences(violations),
  ...files.flatMap(({ source }) => strangeNames(source)),
  ...files
    .filter(({ source }) => !rooms.some((room) => source.startsWith(room)))
    .map(({ source }) => `${source} stands in none of the rooms that .dependency-cruiser.mjs lists`),
]
const drawing = drawHouse(floors, files)
if (!isChecked) writeFileSync(DRAWING, drawing)
else if (!existsSync(DRAWING) || readFileSync(DRAWING, 'utf8') !== drawing) {
  faults.push(`${DRAWING} does not show the imports as they are: run \`npm run format\``)
}
if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}
