import { LOCAL_ACCOUNT, LOCAL_REGION } from '../service.ts';
import type { Role } from './directory.ts';
import type { Variables } from './patterns.ts';
import type { Need } from './requests.ts';
import type { Holder } from './service-needs.ts';

/** Values of condition keys that all calls have. The endpoint here stands for AWS's, which speaks TLS 1.3. */
function common(): Variables {
  const now = new Date();
  return {
    'aws:currenttime': [now.toISOString()],
    'aws:epochtime': [String(Math.floor(now.getTime() / 1_000))],
    'aws:requestedregion': [LOCAL_REGION],
    'aws:resourceaccount': [LOCAL_ACCOUNT],
    'aws:securetransport': ['true'],
    's3:resourceaccount': [LOCAL_ACCOUNT],
    's3:tlsversion': ['1.3'],
  };
}

/** Values of the condition keys of a role's call. */
export function roleValues(role: Role, session: string, { values }: Need): Variables {
  const tags = Object.entries(role.tags).map(([name, value]) => [`aws:principaltag/${name.toLowerCase()}`, [value]]);
  return {
    ...common(),
    'aws:principalaccount': [LOCAL_ACCOUNT],
    'aws:principalarn': [role.arn],
    'aws:principalisawsservice': ['false'],
    'aws:principaltype': ['AssumedRole'],
    'aws:userid': [`${role.name}:${session}`],
    'aws:viaawsservice': ['false'],
    ...Object.fromEntries(tags),
    ...values,
  };
}

/** Values of the condition keys of a service that assumes a role. */
export const serviceValues = ({ service, sourceArn }: Holder): Variables => ({
  ...common(),
  'aws:principalisawsservice': ['true'],
  'aws:principalservicename': [service],
  'aws:sourceaccount': [LOCAL_ACCOUNT],
  'aws:sourcearn': [sourceArn],
});
