/** Writes the bytes of the JPEG decoder as a text, as those of the cores: the command line stays one folder of scripts. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { write } from './paths.mjs'

const require = createRequire(import.meta.url)

export function inlineJpegDecoder() {
  const bytes = readFileSync(require.resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'), 'base64')
  write(
    'src/cli/jpeg-decoder.generated.ts',
    `// Written by scripts/build/jpeg.mjs from the package @jsquash/jpeg.\nexport const base64 =\n  '${bytes}'\n`,
  )
}
