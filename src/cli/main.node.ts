#!/usr/bin/env node
import { watchOutput } from './output.node.js'
import { createProgram, report } from './program.node.js'

watchOutput()
try {
  await createProgram().parseAsync()
} catch (error) {
  process.exitCode = report(error)
}
