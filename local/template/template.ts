/** A CloudFormation template as CDK writes it; values still hold intrinsics. */
export interface Template {
  readonly Parameters?: Readonly<Record<string, TemplateParameter>>;
  readonly Mappings?: Readonly<Record<string, unknown>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, TemplateOutput>>;
}

export interface TemplateParameter {
  readonly Type: string;
  readonly Default?: unknown;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  /** Name of a condition; the resource is made only where it holds. */
  readonly Condition?: string;
}

export interface TemplateOutput {
  readonly Value: unknown;
  readonly Description?: string;
  readonly Export?: { readonly Name: unknown };
  readonly Condition?: string;
}

/** One stack of the assembly. */
export interface StackTemplate {
  readonly name: string;
  readonly template: Template;
}

/** Something in the cloud assembly that cannot be run; the message says where it stands. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
