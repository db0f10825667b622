import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../services/json-api.ts';
import type { Board } from './board.ts';
import { FaultRuleError, readDocument } from './rules.ts';

/** Where the gateway takes rules. No bucket can have such a name. */
export const FAULTS_PATH = '/_millrace/faults';

/** Answers `GET` with the rules in force and their counts; `PUT` with those it puts in force; `DELETE`, after which there
 *  are none, with the last counts. */
export async function administer(board: Board, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = (status: number, body: object) => {
    response.writeHead(status, { 'content-type': 'application/json', allow: 'GET, PUT, DELETE' });
    response.end(`${JSON.stringify(body)}\n`);
  };
  const text = (await readBody(request)).toString('utf8');
  const before = board.state;
  switch (request.method) {
    case 'GET':
      return answer(200, before);
    case 'DELETE':
      board.set([]);
      return answer(200, before);
    case 'PUT':
      try {
        const { rules, seed } = readDocument(parsed(text));
        board.set(rules, seed);
        return answer(200, board.state);
      } catch (error) {
        if (!(error instanceof FaultRuleError)) throw error;
        return answer(400, { message: error.message });
      }
    default:
      return answer(405, { message: `${request.method} is none of GET, PUT and DELETE` });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FaultRuleError('the document is not JSON');
  }
}
