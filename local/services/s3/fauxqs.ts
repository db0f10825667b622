import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildApp } from 'fauxqs';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../service.ts';
import { addGuards } from './guards.ts';
import { listInOrder } from './listing.ts';
import { dropTornObjects } from './recovery.ts';

type App = ReturnType<typeof buildApp>;
type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
export type S3Store = Stores['s3Store'];
type S3Files = NonNullable<S3Store['persistence']>;
type MessageDb = NonNullable<Stores['sqsStore']['persistence']>;

/** S3, SQS and SNS in this process: what they hold, and the API in front of it. */
export interface Fauxqs extends Stores {
  readonly app: App;
  close(): Promise<void>;
}

/** A message that a topic has taken. */
export interface Published {
  /** Name of the topic. */
  readonly topic: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface FauxqsOptions {
  /** Directory of the objects, one file each: `buckets/<bucket>/objects/<key>.data`. */
  readonly objectsDir: string;
  /** Directory of queues and topics; without it they live in memory. */
  readonly messagesDir: string | undefined;
  /** Address of the gateway, which queues' URLs begin with. */
  readonly endpoint: string;
  readonly log: (line: string) => void;
  /** Hears of each message that a topic has taken. */
  readonly onPublish: ((published: Published) => void) | undefined;
}

/** The package exports only a server that listens on every interface, so its parts are taken by their files. */
async function loadClasses() {
  const part = (path: string) => import(new URL(path, import.meta.resolve('fauxqs')).href);
  const [s3, sqs, sns, files, messages] = await Promise.all(
    ['s3/s3Store.js', 'sqs/sqsStore.js', 'sns/snsStore.js', 's3/fileS3Persistence.js', 'persistence.js'].map(part),
  );
  return {
    S3Store: s3.S3Store as new () => S3Store,
    SqsStore: sqs.SqsStore as new () => Stores['sqsStore'],
    SnsStore: sns.SnsStore as new () => Stores['snsStore'],
    FileS3Persistence: files.FileS3Persistence as new (directory: string) => S3Files,
    PersistenceManager: messages.PersistenceManager as new (directory: string) => MessageDb,
  };
}

/** Objects are files, whose bodies are read when asked for: they must not leave their directory. */
function checkedFiles(files: S3Files): S3Files {
  const check = (key: string) => {
    if (key.split('/').some((segment) => segment === '.' || segment === '..')) {
      throw Object.assign(new Error('Keys with the path segments . and .. cannot be kept'), { statusCode: 400 });
    }
  };
  return Object.assign(Object.create(files), {
    upsertObject(bucket: string, object: Parameters<S3Files['upsertObject']>[1]) {
      check(object.key);
      files.upsertObject(bucket, object);
    },
    completeMultipartUpload(id: string, bucket: string, object: Parameters<S3Files['upsertObject']>[1]) {
      check(object.key);
      files.completeMultipartUpload(id, bucket, object);
    },
    deleteObject(bucket: string, key: string) {
      check(key);
      files.deleteObject(bucket, key);
    },
    renameObject(bucket: string, from: string, to: string) {
      check(to);
      files.renameObject(bucket, from, to);
    },
  });
}

type Spy = NonNullable<Stores['snsStore']['spy']>;

/** What the topics tell of each message, also of one that nobody has subscribed to. */
function spyOf(onPublish: (published: Published) => void): Spy {
  const addMessage: Spy['addMessage'] = (told) => {
    if (told.service !== 'sns') return;
    const attributes = Object.entries(told.messageAttributes).map(([name, { StringValue = '' }]) => [
      name,
      StringValue,
    ]);
    onPublish({ topic: told.topicName, message: told.body, attributes: Object.fromEntries(attributes) });
  };
  return { addMessage } as Spy;
}

/** Opens what was kept, or begins empty. Listens nowhere: requests go to `app.routing`. */
export async function openFauxqs({
  objectsDir,
  messagesDir,
  endpoint,
  log,
  onPublish,
}: FauxqsOptions): Promise<Fauxqs> {
  const classes = await loadClasses();
  const s3Store = new classes.S3Store();
  const sqsStore = new classes.SqsStore();
  const snsStore = new classes.SnsStore();
  if (onPublish) snsStore.spy = spyOf(onPublish);

  // Its order of keys is a language's, its pages compare bytes: together they leave objects out.
  const { buckets } = s3Store as unknown as { readonly buckets: ReadonlyMap<string, ReadonlyMap<string, never>> };
  const list = s3Store.listObjects.bind(s3Store);
  s3Store.listObjects = (bucket, options) => {
    const objects = buckets.get(bucket);
    return objects ? listInOrder([...objects.values()], options ?? {}) : list(bucket, options);
  };
  // Queues kept from a run on another port would lead SDKs there.
  const createQueue = sqsStore.createQueue.bind(sqsStore);
  sqsStore.createQueue = (name, _url, ...rest) => createQueue(name, `${endpoint}/${LOCAL_ACCOUNT}/${name}`, ...rest);

  await dropTornObjects(objectsDir, log);
  // Uploads in parts do not outlive those who were making them.
  await rm(join(objectsDir, '_multipart'), { recursive: true, force: true });
  const files = new classes.FileS3Persistence(objectsDir);
  files.loadS3(s3Store);
  s3Store.persistence = checkedFiles(files);

  const messages = messagesDir === undefined ? undefined : new classes.PersistenceManager(messagesDir);
  messages?.loadSqsAndSns(sqsStore, snsStore);
  for (const queue of messages ? sqsStore.allQueues() : []) queue.persistence = messages;
  sqsStore.persistence = messages;
  snsStore.persistence = messages;

  const stores = { s3Store, sqsStore, snsStore };
  const app = buildApp({ logger: false, defaultRegion: LOCAL_REGION, stores });
  addGuards(app, s3Store);
  await app.ready();
  return {
    ...stores,
    app,
    async close() {
      await app.close();
      messages?.close();
    },
  };
}
