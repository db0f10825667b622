/** The condition keys whose value is known here for each call, or of which it is known that no call here has them, in
 *  lower case. Any other one is refused, since a policy that asks for it cannot be decided.
 *  Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and the keys of each
 *  service in the Service Authorization Reference. */
const KNOWN = new Set([
  'aws:currenttime',
  'aws:epochtime',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalisawsservice',
  'aws:principalservicename',
  'aws:principaltype',
  'aws:requestedregion',
  'aws:resourceaccount',
  'aws:securetransport',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:userid',
  'aws:viaawsservice',
  'cloudwatch:namespace',
  'kms:calleraccount',
  'kms:viaservice',
  's3:delimiter',
  's3:prefix',
  's3:resourceaccount',
  's3:tlsversion',
  's3:x-amz-acl',
  's3:x-amz-server-side-encryption',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
  // No call has these here: the account is in no organisation, no function in a VPC, no role signed in by a person.
  'aws:multifactorauthage',
  'aws:multifactorauthpresent',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:sourceorgid',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:username',
  'aws:vpcsourceip',
]);

/** Whether calls here say what a condition key or a policy variable asks for. */
export const isKnownKey = (key: string): boolean =>
  KNOWN.has(key.toLowerCase()) || key.toLowerCase().startsWith('aws:principaltag/');
