import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Archive, type ArchiveProps } from '../constructs/archive.ts';
import { ArchiveTable } from '../constructs/archive-table.ts';
import type { Lake } from '../constructs/lake.ts';

export interface ArchiveStackProps extends ArchiveProps {
  readonly lake: Lake;
}

/** The stream's records, kept for ever. */
export class ArchiveStack extends Stack {
  constructor(scope: Construct, id: string, { lake, ...props }: ArchiveStackProps) {
    super(scope, id, { description: `Millrace ${props.config.stage}: the archive of the stream` });
    const { bucket } = new Archive(this, 'Archive', props);
    new ArchiveTable(this, 'Table', { bucket, lake });
    new CfnOutput(this, 'BucketName', { value: bucket.bucketName, description: 'Bucket of the archive' });
  }
}
