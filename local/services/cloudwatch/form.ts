/** Members that are numbers, and those that are truth values, in the inputs of CloudWatch; all others are text. */
const NUMBERS = new Set([
  'Counts',
  'DatapointsToAlarm',
  'EvaluationPeriods',
  'MaxDatapoints',
  'MaxRecords',
  'Maximum',
  'Minimum',
  'Period',
  'SampleCount',
  'StorageResolution',
  'Sum',
  'Threshold',
  'Value',
  'Values',
]);
const BOOLEANS = new Set(['ActionsEnabled', 'ReturnData']);
/** In these lists `Value` is text. */
const TEXT_LISTS = new Set(['Dimensions', 'Tags']);

interface Tree {
  [name: string]: Tree | string;
}

/** The input in a form of the Query protocol: `MetricData.member.1.Value=5` is `{ MetricData: [{ Value: 5 }] }`. */
export function fromForm(parameters: URLSearchParams): unknown {
  const root: Tree = Object.create(null);
  for (const [path, value] of parameters) {
    if (path === 'Action' || path === 'Version') continue;
    const names = path.split('.');
    let tree = root;
    for (const name of names.slice(0, -1)) {
      const found = tree[name];
      const inner: Tree = typeof found === 'object' ? found : Object.create(null);
      tree[name] = inner;
      tree = inner;
    }
    tree[names.at(-1) as string] = value;
  }
  return shaped(root, '', '');
}

function shaped(tree: Tree | string, name: string, list: string): unknown {
  if (typeof tree === 'string') {
    if (NUMBERS.has(name) && !(name === 'Value' && TEXT_LISTS.has(list))) return Number(tree);
    return BOOLEANS.has(name) ? tree === 'true' : tree;
  }
  const { member } = tree;
  if (typeof member === 'object') {
    const items = Object.entries(member).sort(([a], [b]) => Number(a) - Number(b));
    return items.map(([, item]) => shaped(item, name, name));
  }
  return Object.fromEntries(Object.entries(tree).map(([inner, value]) => [inner, shaped(value, inner, list)]));
}
