import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Says why one finding of the AWS Solutions checks stands. `finding` is the id as synthesis prints it, so that another
 *  finding of the same rule is still reported. */
export function acknowledge(scope: IConstruct, finding: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions::AwsSolutions-${finding}`, reason });
}
