import type { FolderName } from './uipath.config.ts';

/** The header that puts a call into a folder; none without one. */
export function folderHeaders(folder: FolderName | undefined): Readonly<Record<string, string>> {
  if (folder === undefined) return {};
  if ('id' in folder) return { 'x-uipath-organizationunitid': String(folder.id) };
  if ('key' in folder) return { 'x-uipath-folderkey': folder.key };
  // Base64 of UTF-16LE: the plain header takes ASCII only.
  const encoded = Buffer.from(folder.path, 'utf16le').toString('base64');
  return { 'x-uipath-folderpath-encoded': encoded };
}

/** What people configured, for names and messages. */
export function folderText(folder: FolderName): string {
  if ('id' in folder) return String(folder.id);
  return 'key' in folder ? folder.key : folder.path;
}
