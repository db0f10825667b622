/** Millrace's Kinesis behind the gateway, without the other services. */
import { tmpdir } from 'node:os';
import { openGateway } from '../../local/gateway.ts';
import { createKinesis } from '../../local/services/kinesis/kinesis.ts';
import { serve } from './servers.ts';

const gateway = await openGateway(0);
const { endpoint, port } = gateway;
gateway.serve([
  createKinesis({ endpoint, stateDir: undefined, scratchDir: tmpdir(), metric: () => {}, log: () => {} }),
]);
serve(port, () => gateway.close());
