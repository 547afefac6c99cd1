import { isAbsolute } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { fileOnPath } from './restricted-path.ts';

const commands = ['chromium', 'chromium-browser', 'google-chrome'];

/** Without a sandbox of its own, which needs rights that containers lack, and without calls home. */
const quietly = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];

/** The browser of this machine: the one that `CHROMIUM` names, as a file or a command, else the first on PATH; null without one. */
export function browserProgram(env: NodeJS.ProcessEnv = process.env): string | null {
  const named = env['CHROMIUM'] ?? '';
  if (isAbsolute(named)) return named;
  const wanted = named === '' ? commands : [named];
  return wanted.map(fileOnPath).find((file) => file !== null) ?? null;
}

/** A page of a real browser, and what went on in it. */
export interface OpenPage {
  readonly page: Page;
  /** What it complained about: errors of scripts and of the console. */
  readonly complaints: readonly string[];
  /** Who was asked for anything, as `127.0.0.1:3000`. */
  readonly hosts: ReadonlySet<string>;
}

export function launchBrowser(program: string): Promise<Browser> {
  return chromium.launch({ executablePath: program, args: quietly });
}

export async function openPage(browser: Browser, url: string): Promise<OpenPage> {
  const page = await browser.newPage({ viewport: { width: 1_280, height: 1_024 } });
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    // What a page holds itself goes nowhere.
    if (protocol !== 'data:' && protocol !== 'blob:') hosts.add(host);
  });
  await page.goto(url);
  return { page, complaints, hosts };
}
