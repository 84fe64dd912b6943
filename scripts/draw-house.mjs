/** Colours on light pages and on dark ones, by class. */
const colours = {
  ink: { fill: ['#1f2328', '#e6edf3'] },
  faint: { fill: ['#59636e', '#9198a1'] },
  paper: { fill: ['#ffffff', '#0d1117'] },
  floor: { fill: ['#eaf1f8', '#17222f'] },
  line: { stroke: ['#d8dee4', '#30363d'] },
  code: { fill: ['#3b82c4', '#58a6ff'], stroke: ['#3b82c4', '#58a6ff'] },
  types: { fill: ['#ffffff', '#0d1117'], stroke: ['#3b82c4', '#58a6ff'] },
  up: { fill: ['#e0762f', '#f0883e'], stroke: ['#e0762f', '#f0883e'] },
}

const ROW = 42
const COLUMN = 36
const LEFT = 268
const TOP = 92
const MARGIN = 12
const FOOT = 40

function styleSheet() {
  const rules = (page) =>
    Object.entries(colours)
      .map(([name, paints]) => {
        const paint = Object.entries(paints).map(([property, pages]) => `${property}:${pages[page]}`)
        return `.${name}{${paint.join(';')}}`
      })
      .join('')
  return `<style>text{font:12px system-ui,Helvetica,Arial,sans-serif}.name{font-size:14px;font-weight:600}${rules(0)}@media (prefers-color-scheme:dark){${rules(1)}}</style>`
}

/**
 * Which rooms import which.
 *
 * @returns {Map<string, { from: number, to: number, isCode: boolean }>} by rooms' numbers; `isCode` is false where only types are imported
 */
function arrowsBetween(rooms, files) {
  const arrows = new Map()
  const roomOf = (path) => rooms.findIndex((room) => path.startsWith(room.path))
  for (const { source, dependencies } of files) {
    for (const { resolved, dependencyTypes } of dependencies) {
      const [from, to] = [roomOf(source), roomOf(resolved)]
      if (from < 0 || to < 0 || from === to) continue
      const isCode = arrows.get(`${from} ${to}`)?.isCode || !dependencyTypes.includes('type-only')
      arrows.set(`${from} ${to}`, { from, to, isCode })
    }
  }
  return arrows
}

/**
 * The house as stairs: a floor a row, and a dot under the name of every room that it imports from. Imports that point
 * down lie to the right of the stairs; one that points up would lie on them.
 *
 * @param {readonly Record<string, string>[]} floors from the top down: each room's path and what it is for
 * @param {readonly { source: string, dependencies: readonly { resolved: string, dependencyTypes: readonly string[] }[] }[]}
 *   files with their imports
 * @returns {string} an SVG picture for light and dark pages
 */
export function drawHouse(floors, files) {
  const rooms = floors
    .flatMap((floor, level) => Object.entries(floor).map(([path, purpose]) => ({ path, purpose, level })))
    .map((room) => ({ ...room, name: room.path.replace(/^src\/|\/$/g, '') }))
    .filter(({ path }) => files.some(({ source }) => source.startsWith(path)))
  const isUp = ({ from, to }) => rooms[to].level <= rooms[from].level
  const x = (i) => LEFT + i * COLUMN + COLUMN / 2
  const y = (i) => TOP + i * ROW + ROW / 2
  const width = x(rooms.length - 1) + 60
  const height = TOP + rooms.length * ROW + FOOT
  const steps = rooms.map(
    ({ name, purpose }, i) => `<path class="line" d="M${x(i)} ${TOP - 4}V${y(i)}"/>
<rect class="floor" x="${MARGIN}" y="${TOP + i * ROW + 2}" width="${x(i) + COLUMN / 2 - MARGIN}" height="${ROW - 4}" rx="6"/>
<text class="ink name" x="${MARGIN + 12}" y="${y(i) - 3}">${name}</text>
<text class="faint" x="${MARGIN + 12}" y="${y(i) + 12}">${purpose}</text>
<text class="ink" transform="translate(${x(i) + 3} ${TOP - 12})rotate(-50)">${name}</text>`,
  )
  const arrows = [...arrowsBetween(rooms, files).values()].sort((a, b) => a.from - b.from || a.to - b.to)
  const up = arrows.filter(isUp).length
  const dots = arrows.map(({ from, to, isCode }) => {
    const kind = isUp({ from, to }) ? 'up' : isCode ? 'code' : 'types'
    const said = `${rooms[from].name} imports ${isCode ? '' : 'types '}from ${rooms[to].name}`
    return `<circle class="${kind}" cx="${x(to)}" cy="${y(from)}" r="6" stroke-width="2"><title>${said}</title></circle>`
  })
  const legend = [
    ['code', 'imports', 0],
    ['types', 'imports types only', 90],
    ['up', `arrows up: ${up === 0 ? 'none' : up}`, 240],
  ].map(
    ([
      kind,
      said,
      at,
    ]) => `<circle class="${kind}" cx="${MARGIN + 18 + at}" cy="${height - 18}" r="6" stroke-width="2"/>
<text class="faint" x="${MARGIN + 32 + at}" y="${height - 14}">${said}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Rooms of lanegrad from the top down, and which imports from which">
${styleSheet()}
<rect class="paper" width="${width}" height="${height}"/>
${[...steps, ...dots, ...legend].join('\n')}
</svg>
`
}
