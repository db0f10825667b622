import { S3Client } from '@aws-sdk/client-s3';
import { credentialsOf } from '../../iam/credentials.ts';
import { LOCAL_REGION } from '../../service.ts';

/** An S3 that does not answer must not hold a delivery for ever; the retry is in `delivery.ts`, where it is logged. */
const S3_TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 30_000 };

/** S3 in the name of roles. */
export interface RoleClients {
  /** The one client of a role, as a delivery stream of that name has assumed it. */
  of(roleArn: string, stream: string): S3Client;
  close(): void;
}

export function createRoleClients(endpoint: string): RoleClients {
  const clients = new Map<string, S3Client>();
  const open = (roleArn: string, stream: string) =>
    new S3Client({
      endpoint,
      region: LOCAL_REGION,
      credentials: credentialsOf(roleArn, stream),
      forcePathStyle: true,
      maxAttempts: 1,
      requestHandler: S3_TIMEOUTS,
    });
  return {
    of(roleArn, stream) {
      const key = `${roleArn} ${stream}`;
      const client = clients.get(key) ?? open(roleArn, stream);
      clients.set(key, client);
      return client;
    },
    close() {
      for (const client of clients.values()) client.destroy();
    },
  };
}
