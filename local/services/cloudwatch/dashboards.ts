import { LOCAL_ACCOUNT } from '../../service.ts';
import { type Operations, ServiceError } from '../json-api.ts';
import { required } from './errors.ts';

interface Dashboard {
  readonly body: string;
  readonly modifiedMs: number;
}

const NAME = /^[A-Za-z0-9_-]{1,255}$/;

const arnOf = (name: string): string => `arn:aws:cloudwatch::${LOCAL_ACCOUNT}:dashboard/${name}`;

const refused = (message: string): ServiceError => new ServiceError('DashboardInvalidInputError', message);

/** Dashboards as they were put: their text is kept, nobody draws them. */
export class Dashboards {
  readonly #dashboards = new Map<string, Dashboard>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws ServiceError when the body is not a JSON object. */
  put(name: string, body: string): void {
    if (!NAME.test(required('DashboardName', name)))
      throw refused(`The field DashboardName must only contain letters, digits, "-" and "_", found ${name}`);
    if (!isObject(required('DashboardBody', body)))
      throw refused('The field DashboardBody must be a valid JSON object');
    this.#dashboards.set(name, { body, modifiedMs: this.#now() });
  }

  readonly operations: Operations = {
    PutDashboard: ({ DashboardName, DashboardBody }) => {
      this.put(DashboardName, DashboardBody);
      return { DashboardValidationMessages: [] };
    },
    GetDashboard: ({ DashboardName }) => {
      const { body } = this.#named(required('DashboardName', DashboardName));
      return { DashboardArn: arnOf(DashboardName), DashboardBody: body, DashboardName };
    },
    ListDashboards: ({ DashboardNamePrefix = '' }) => {
      const found = [...this.#dashboards].filter(([name]) => name.startsWith(DashboardNamePrefix)).sort();
      return {
        DashboardEntries: found.map(([name, { body, modifiedMs }]) => ({
          DashboardName: name,
          DashboardArn: arnOf(name),
          LastModified: new Date(modifiedMs),
          Size: Buffer.byteLength(body),
        })),
      };
    },
    DeleteDashboards: ({ DashboardNames }) => {
      const names: readonly string[] = required('DashboardNames', DashboardNames);
      for (const name of names) this.#named(name);
      for (const name of names) this.#dashboards.delete(name);
    },
  };

  #named(name: string): Dashboard {
    const found = this.#dashboards.get(name);
    if (found) return found;
    throw new ServiceError('DashboardNotFoundError', `Dashboard ${name} does not exist`, 404);
  }
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
