import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, ServiceError } from '../json-api.ts';

/** A value of an answer in the Query protocol: objects become elements, lists `<member>` elements; undefined is left
 *  out. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlValue[]
  | { readonly [key: string]: XmlValue };

export type QueryOperations = Readonly<Record<string, (parameters: URLSearchParams) => XmlValue>>;

/** Answers requests of the AWS Query protocol: a form with `Action`, answered in XML. */
export function queryApi(
  namespace: string,
  operations: QueryOperations,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const answer = (status: number, root: string, body: XmlValue) => {
      const xml = `<${root} xmlns="${namespace}">${toXml(body)}</${root}>`;
      response.writeHead(status, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(xml) });
      response.end(xml);
    };
    const requestId = String(response.getHeader('x-amzn-requestid') ?? '');
    try {
      const parameters = new URLSearchParams((await readBody(request)).toString('utf8'));
      const action = parameters.get('Action') ?? '';
      const run = Object.hasOwn(operations, action) ? operations[action] : undefined;
      if (!run) throw new ServiceError('InvalidAction', `${action || 'a request without an action'} is not emulated`);
      const result = run(parameters);
      answer(200, `${action}Response`, { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } });
    } catch (error) {
      const known = error instanceof ServiceError ? error : undefined;
      const fault = {
        Type: (known?.status ?? 500) < 500 ? 'Sender' : 'Receiver',
        Code: known?.code ?? 'InternalFailure',
        Message: (error as Error).message,
      };
      answer(known?.status ?? 500, 'ErrorResponse', { Error: fault, RequestId: requestId });
    }
  };
}

export function toXml(value: XmlValue): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => `<member>${toXml(item)}</member>`).join('');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([key, inner]) => (inner === undefined ? '' : `<${key}>${toXml(inner)}</${key}>`))
      .join('');
  }
  return String(value).replace(/[&<>]/g, (found) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[found] ?? found);
}
