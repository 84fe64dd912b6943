/** The script of a module or classic worker, in browsers. */
import { runThread, type ThreadStart } from './thread.js'

addEventListener('message', ({ data }: MessageEvent<ThreadStart>) => runThread(data), { once: true })
