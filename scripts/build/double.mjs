/**
 * Writes the js engine's interpreter with all its kernels in one file, without rounding to float32: its calls are left
 * out, and two globals and the elementary functions are replaced by those of src/engine/js/double/.
 */
import { build } from 'esbuild'
import { read, root, sourcesIn, write } from './paths.mjs'
import { cached } from './steps.mjs'

const OUTPUT = 'src/engine/double.generated.ts'
const TWINS = 'src/engine/js'

/** What the twins call to round to float32. */
const roundings = ['f', 'fround', 'Math.fround']

/** JavaScript of a twin in which every rounding to float32 is only its argument. */
function withoutRounding(ts, source) {
  const visit = (node, context) =>
    ts.isCallExpression(node) && roundings.includes(node.expression.getText())
      ? ts.factory.createParenthesizedExpression(visit(node.arguments[0], context))
      : ts.visitEachChild(node, (child) => visit(child, context), context)
  const compilerOptions = { target: 'es2022', module: 'esnext', verbatimModuleSyntax: true }
  const before = [(context) => (file) => visit(file, context)]
  return ts.transpileModule(source, { compilerOptions, transformers: { before } }).outputText
}

export async function generateDoubleInterpreter() {
  const inputs = ['package-lock.json', 'scripts/build/double.mjs', ...sourcesIn(TWINS)]
  await cached(OUTPUT, inputs, async () => {
    const { default: ts } = await import('typescript')
    const inDouble = {
      name: 'double precision',
      setup: ({ onLoad, onResolve }) => {
        onLoad({ filter: /engine[\\/]js[\\/][\w.-]+\.ts$/ }, ({ path }) => ({
          contents: withoutRounding(ts, read(path.slice(root.length + 1))),
        }))
        onResolve({ filter: /^\.\/math\.js$/ }, () => ({ path: './js/double/math.js', external: true }))
        onResolve({ filter: /(codes|errors)\.js$/ }, ({ path }) => ({
          path: path.replace(/^(\.\.\/)/, ''),
          external: true,
        }))
      },
    }
    const { outputFiles } = await build({
      stdin: {
        contents: "export { run } from './interpreter.generated.js'",
        resolveDir: `${root}/${TWINS}`,
        loader: 'ts',
      },
      inject: [`${root}/${TWINS}/double/globals.ts`],
      plugins: [inDouble],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      logLevel: 'warning',
    })
    const [{ text }] = outputFiles
    write(
      OUTPUT,
      `// @ts-nocheck Written by scripts/build/double.mjs from the kernels' twins in ${TWINS}.\n${text}`,
    )
  })
}
