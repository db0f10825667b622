import type { ServerResponse } from 'node:http';
import type { Need } from './requests.ts';

/** The permission without which S3 does not tell that there is no such object, if a request is one to read an object
 *  (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html). */
export function listNeed([need]: readonly Need[]): Need | undefined {
  const [, bucket] = /^(arn:aws:s3:::[^/]+)\//.exec(need?.resource ?? '') ?? [];
  return bucket !== undefined && need?.action === 's3:GetObject'
    ? { action: 's3:ListBucket', resource: bucket }
    : undefined;
}

/** Turns the answer that there is no such object into a refusal, where `refusal` gives its message. */
export function hideMissing(response: ServerResponse, refusal: () => string | undefined): void {
  const { writeHead, end } = response;
  response.writeHead = (...given: unknown[]) => {
    Object.assign(response, { writeHead });
    const message = given[0] === 404 ? refusal() : undefined;
    if (message === undefined) return response.writeHead(...(given as [number]));
    const xml = `<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`;
    response.writeHead(403, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(xml) });
    end.call(response, xml, 'utf8');
    // What the service says besides has no reader.
    response.write = () => true;
    response.end = () => response;
    return response;
  };
}
