/** Prints the table of docs/own-digits.md: `node build/test/support/photo-table.js`. */
import { mnist } from '../../src/index.js'
import { clean, kinds } from './photo-kinds.js'
import { countRight, DIGITS, flatlyPrepared, photosOf, prepared, trainedJudge } from './photo-score.js'

const data = await mnist()
const judge = await trainedJudge(data)
const lines = [`| picture | flat paper | \`preparePhoto\` |`, '| --- | ---: | ---: |']
for (const kind of [clean, ...kinds]) {
  const photos = photosOf(kind, data.test, 1)
  const right = async (prepare: typeof prepared) =>
    countRight(await judge.classes(photos.map(prepare)), data.test)
  lines.push(`| ${kind.name} | ${await right(flatlyPrepared)} | ${await right(prepared)} |`)
}
process.stdout.write(`Right of ${DIGITS}:\n\n${lines.join('\n')}\n`)
judge.close()
