/** What only an engine with threads runs. */
import { define } from './define.js'

/** Threads wait for each other. Put in when a program is linked for an engine that has several. */
export const barrier = define(67, 'barrier', {})
