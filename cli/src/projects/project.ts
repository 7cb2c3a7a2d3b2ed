import { BundleError, parseBundle } from "@vaultproof/protocol/bundle";
import { PROVIDERS } from "@vaultproof/protocol/providers";
import { redacted } from "@vaultproof/protocol/redacted";
import { CliError } from "../errors.js";

/** One provider of a project: the app whose bundle makes the calls. Prints redacted. */
export interface ProjectSlot {
  /** First segment of the gateway's paths: a slug of the provider table, or the name that a custom slot goes by. */
  readonly slug: string;
  readonly appId: string;
  /** `vpb_…`, a bearer secret. */
  readonly bundle: string;
  /** Origin of the service. */
  readonly url: string;
  /** The one origin that the bundle's calls go to. */
  readonly providerOrigin: string;
  /** Fingerprint of the service, as the bundle pins it. */
  readonly serverIdentity: string;
}

/** What programs of one folder may use through the gateway. */
export interface Project {
  readonly id: string;
  /** Absolute path of the folder that the project was made in. */
  readonly folder: string;
  /** SHA-256 of the token in the project's placeholder keys, 64 hex digits. */
  readonly tokenDigest: string;
  /** Several apps may serve one slug; their names tell them apart. */
  readonly slots: readonly ProjectSlot[];
}

/** Keeps projects on this machine. */
export interface ProjectStore {
  list(): Promise<Project[]>;
  /** Adds a project, or replaces the one of the same id. */
  put(project: Project): Promise<void>;
  delete(id: string): Promise<void>;
}

const SLUG = /^[a-z][a-z0-9-]{0,31}$/;

/** Whether a text can be the first segment of the gateway's paths. */
export function isSlug(text: string): boolean {
  return SLUG.test(text);
}

/**
 * Makes a slot from a bundle, which says by itself where its calls go.
 *
 * @param options.slug left out: the provider whose origin the bundle names, `custom` where the table has none.
 * @throws CliError `bundle-invalid`; its message never shows the bundle.
 */
export function projectSlot(options: {
  readonly bundle: string;
  readonly url: string;
  readonly slug?: string | undefined;
}): ProjectSlot {
  const bundle = options.bundle.trim();
  const { appId, providerOrigin, serverIdentity } = readBundle(bundle);
  const slug = options.slug ?? slugOf(providerOrigin);
  if (!isSlug(slug)) {
    throw new CliError("bundle-invalid", "the name of a provider is lowercase letters, digits and hyphens");
  }
  const slot = { slug, appId, bundle, url: options.url, providerOrigin, serverIdentity };
  return redacted(slot, `[${slug} by the app ${appId}]`);
}

function readBundle(text: string): ReturnType<typeof parseBundle> {
  try {
    return parseBundle(text);
  } catch (cause) {
    const said = cause instanceof BundleError ? cause.message : "the app bundle is malformed";
    throw new CliError("bundle-invalid", said);
  }
}

function slugOf(origin: string): string {
  const known = Object.entries(PROVIDERS).find(([, { baseUrl }]) => baseUrl === origin);
  return known?.[0] ?? "custom";
}
