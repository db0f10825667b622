import { openGateway } from '../../local/gateway.ts';
import { createKinesis } from '../../local/services/kinesis/kinesis.ts';

/** Runs Kinesis on the state directory that it is given, tells its endpoint, and goes on until it is killed. */
const [stateDir = ''] = process.argv.slice(2);
const gateway = await openGateway(0);
const context = { endpoint: '', stateDir, scratchDir: stateDir, metric() {}, log() {} };
gateway.serve([createKinesis(context, { limits: false })]);
console.log(gateway.endpoint);
