// The rules of the house. `npm run check` holds the imports of src/ and assembly/ to them, those of types included, and
// docs/images/house.svg is drawn from the floors and the imports.

/**
 * The rooms from the top down, and what each is for. A file imports from its own room and from the floors below, never
 * from above or from beside.
 */
export const floors = [
  { 'src/playground/': 'the web page; only it touches the DOM' },
  { 'src/cli/': 'the command line, a file a command; only it prints' },
  { 'src/report/': 'plots and pages' },
  { 'src/experiments/': 'the five studies, as data', 'src/benchmark/': 'what is measured, and how' },
  { 'src/sweeps/': 'many trials, as data' },
  { 'src/index.ts': "the library's front door" },
  { 'src/formats/': 'bytes in, tensors out, and back' },
  { 'src/train/': 'the training loop and what it tells' },
  { 'src/inference/': 'one sample or time step at a time, at once' },
  { 'src/data/': 'data sets, and the files that hold them' },
  { 'src/optim/': 'optimizers, learning rates' },
  { 'src/nn/': 'layers and losses: they emit instructions' },
  { 'src/engine/': 'runs programs; only it knows WebAssembly' },
  { 'src/program/': 'instructions, memory plan, printer' },
  { 'src/schema/': 'what arguments look like, and what is said of wrong ones' },
  {
    'src/errors.ts': 'what is thrown on purpose',
    'src/disposal.ts': 'the names of what using calls',
    'src/sha256.ts': 'one for every runtime',
    'assembly/': 'the numeric core: kernels',
  },
]

/** Names that runtimes give, and the only room that may use them. */
export const names = [
  { room: 'src/engine/', name: /\bWebAssembly\b/ },
  {
    room: 'src/playground/',
    name: /\b(window|document|customElements|localStorage|Element|(HTML|SVG|CSS)[A-Z]\w+|(UI|Mouse|Pointer|Keyboard|Touch|Drag)Event)\b/,
  },
]

export const rooms = floors.flatMap(Object.keys)
const pathOf = (room) => `^${room.replace('.', '\\.')}`

/** A room's neighbours, and all rooms above. */
function notBelow(room) {
  const floor = floors.findIndex((floor) => room in floor)
  return floors
    .slice(0, floor + 1)
    .flatMap(Object.keys)
    .filter((other) => other !== room)
}

export const forbidden = [
  {
    name: 'no-circle',
    comment: 'what both sides need goes down into a file of its own',
    from: {},
    to: { circular: true },
  },
  ...rooms.slice(1).map((room) => ({
    name: 'no-arrow-up',
    comment: 'a file imports from its own room and from the floors below it',
    from: { path: pathOf(room) },
    to: { path: notBelow(room).map(pathOf) },
  })),
  {
    name: 'in-the-house',
    comment: 'what is imported stands in a room of the house or in a package',
    from: {},
    to: {
      path: '^(?!node_modules/).*/',
      pathNot: rooms.map(pathOf),
      couldNotResolve: false,
      dependencyTypesNot: ['core'],
    },
  },
  {
    name: 'core-alone',
    comment: 'assembly/ imports nothing outside itself',
    from: { path: '^assembly/' },
    to: { pathNot: '^assembly/' },
  },
  {
    name: 'node-in-node-files',
    comment: "only files named *.node.ts import Node's modules",
    from: { pathNot: '\\.node\\.ts$' },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'node-files-by-another-name',
    comment: 'a *.node.ts is imported by a package import, which gives other runtimes another file',
    from: { pathNot: ['\\.node\\.ts$', '^src/cli/'] },
    to: { path: '\\.node\\.ts$', dependencyTypesNot: ['aliased'] },
  },
  {
    name: 'few-packages',
    comment: 'the library needs no package but its "dependencies"; playground/, cli/ and report/ are bundled',
    from: { pathNot: '^src/(playground|cli|report)/' },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'found',
    comment: 'there is no such file or package',
    from: {},
    to: { couldNotResolve: true },
  },
].map((rule) => ({ severity: 'error', ...rule }))

export const options = {
  tsPreCompilationDeps: true,
  doNotFollow: { path: '^node_modules/' },
  preserveSymlinks: true,
  exclude: { path: '\\.generated(\\.|$)' },
}

export default { forbidden, options }
