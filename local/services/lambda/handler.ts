import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export type Handler = (event: unknown, context: unknown) => unknown;

/** An error of the runtime itself; its name is the `errorType` the caller sees. */
class HandlerError extends Error {
  constructor(type: string, message: string) {
    super(message);
    this.name = type;
  }
}

const EXTENSIONS = ['', '.js', '.mjs', '.cjs'];

function moduleFile(taskRoot: string, module: string): string {
  for (const extension of EXTENSIONS) {
    const file = join(taskRoot, module + extension);
    if (existsSync(file)) return file;
  }
  throw new HandlerError('Runtime.ImportModuleError', `Error: Cannot find module '${module}'`);
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw new HandlerError('Runtime.UserCodeSyntaxError', String(error));
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw new HandlerError('Runtime.ImportModuleError', String(error));
  }
}

function find(module: unknown, path: readonly string[]): unknown {
  let value = module;
  for (const key of path)
    value = value && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined;
  return value;
}

/** Loads `directory/module.export`, ES module or CommonJS, with the errors of Lambda's Node.js runtime. */
export async function loadHandler(taskRoot: string, handler: string): Promise<Handler> {
  const [, name, path] = /^([^.]+)\.(.+)$/.exec(basename(handler)) ?? [];
  if (!name || !path || handler.includes('..')) throw new HandlerError('Runtime.MalformedHandlerName', 'Bad handler');
  const module = await load(moduleFile(taskRoot, join(dirname(handler), name)));
  const keys = path.split('.');
  const found = find(module, keys) ?? find(module.default, keys);
  if (found === undefined) {
    throw new HandlerError('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  }
  if (typeof found !== 'function') throw new HandlerError('Runtime.HandlerNotFound', `${handler} is not a function`);
  if (found.length > 2) {
    throw new HandlerError(
      'Runtime.CallbackHandlerDeprecated',
      'Callback-based function handlers are not supported since Node.js 24: let the handler return a promise',
    );
  }
  return found as Handler;
}
