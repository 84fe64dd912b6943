/** Data of the user's own: what options say of them. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from './errors.js'
import { character, names, pictureSize } from './parse.js'

/** How files of the user's own are read. */
export interface OwnChoice {
  /** Columns of a table; the array of an npz file; the file of an npy one. */
  readonly target?: readonly string[]
  readonly ignore?: readonly string[]
  readonly categories?: readonly string[]
  readonly missing?: 'error' | 'drop' | 'mean'
  readonly task?: 'classes' | 'numbers'
  readonly delimiter?: string
  /** [height, width] */
  readonly size?: readonly [height: number, width: number]
  readonly channels?: 1 | 3
}

/** By the kind of files that each goes with. */
const options = {
  target: ['table', 'arrays'],
  ignore: ['table'],
  categories: ['table'],
  missing: ['table'],
  task: ['table', 'arrays'],
  delimiter: ['table'],
  size: ['pictures'],
  channels: ['pictures'],
} as const satisfies Record<keyof OwnChoice, readonly OwnKind[]>

/** What the files of a user are. */
export type OwnKind = 'table' | 'arrays' | 'pictures'

const called: Record<OwnKind, string> = {
  table: 'a table (.csv, .tsv, .txt, .jsonl, .ndjson)',
  arrays: 'arrays (.npy, .npz)',
  pictures: 'a folder or zip of pictures',
}

/** What `--data` takes besides names, for the help of commands. */
export const ownDataHelp = `
Data of your own, by --data PATH:
  table.csv, .tsv, .txt   rows of cells, the first with the columns' names; the delimiter is told from them
  table.jsonl, .ndjson    a JSON object a line
  arrays.npz              the array that --target names, and one other; or x.npy with --target y.npy
  pictures, pictures.zip  a folder or zip with a folder of PNG or JPEG pictures for each class`

const known: Readonly<Record<keyof OwnChoice, () => Option>> = {
  target: () =>
    new Option(
      '--target <columns>',
      'column to be predicted, or several of numbers, such as price or x,y; the array of an npz file, the file of an npy one',
    ).argParser(names),
  ignore: () =>
    new Option('--ignore <columns>', "columns that are left out, such as a row's number").argParser(names),
  categories: () =>
    new Option('--categories <columns>', 'columns that are categories although they are numbers').argParser(
      names,
    ),
  missing: () =>
    new Option(
      '--missing <how>',
      'missing values (empty, NA, ?): an error, rows left out, or filled with the mean, of categories with the most frequent (default: error)',
    ).choices(['error', 'drop', 'mean']),
  task: () =>
    new Option(
      '--task <what>',
      'what the target is (default: numbers where it has nothing else, in arrays where it has floats, else classes)',
    ).choices(['classes', 'numbers']),
  delimiter: () =>
    new Option('--delimiter <character>', "between the cells of a table's row, '\\t' for a tab").argParser(
      character,
    ),
  size: () =>
    new Option(
      '--size <pixels>',
      'height and width that pictures are brought to, such as 28 or 48x64 (default: their own)',
    ).argParser(pictureSize),
  channels: () =>
    new Option('--channels <number>', 'of pictures: 1 for grey, 3 for colours (default: 1)').argParser(
      channels,
    ),
}

/** Options for data of the user's own: all of them, or those that a command has a use for. */
export function addOwnOptions(
  command: Command,
  wanted: readonly (keyof OwnChoice)[] = Object.keys(known) as (keyof OwnChoice)[],
): Command {
  for (const name of wanted) command.addOption(known[name]())
  return command
}

function channels(text: string): 1 | 3 {
  if (text === '1' || text === '3') return Number(text) as 1 | 3
  throw new InvalidArgumentError('Expected 1 or 3.')
}

/** @throws UsageError for a target of a table where a model or nothing says what is predicted */
export function refuseTarget({ target }: OwnChoice, kind: OwnKind): void {
  if (target === undefined || kind === 'arrays') return
  throw new UsageError(`--target goes with ${called.arrays} here, found ${called[kind]}.`)
}

/** @throws UsageError for the first option that does not go with files of this kind, or with none at all */
export function checkOwnOptions(choice: OwnChoice, kind: OwnKind | null): void {
  for (const [name, kinds] of Object.entries(options) as [keyof OwnChoice, readonly OwnKind[]][]) {
    if (choice[name] === undefined || (kind !== null && kinds.includes(kind))) continue
    const wanted = kinds.map((kind) => called[kind]).join(' or ')
    const found = kind === null ? 'none of your own' : called[kind]
    throw new UsageError(`--${name} goes with --data of ${wanted}, found ${found}.`)
  }
}
