import type { IncomingHttpHeaders } from 'node:http';
import { invalid, UipathFault } from './fault.ts';
import type { StoredFolder, UipathState } from './state.ts';

const noSuchFolder = 'Folder does not exist or the user does not have access to the folder.';

/** The folder that a request names: by path before key before number, as the platform prefers them. */
export function folderOf(headers: IncomingHttpHeaders, { folders }: UipathState): StoredFolder {
  const text = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  const encoded = text('x-uipath-folderpath-encoded');
  const path = encoded === null ? text('x-uipath-folderpath') : decodedPath(encoded);
  const key = text('x-uipath-folderkey');
  const id = text('x-uipath-organizationunitid');
  if (path !== null) return found(folders.find((each) => sameText(each.path, path)));
  if (key !== null) {
    if (!/^[0-9a-f-]{36}$/i.test(key)) throw new UipathFault(400, 1100, noSuchFolder);
    return found(folders.find((each) => sameText(each.key, key)));
  }
  if (id === null) throw new UipathFault(400, 1101, 'A folder is required for this action.');
  if (!/^\d+$/.test(id)) throw new UipathFault(400, 1100, noSuchFolder);
  return found(folders.find((each) => each.id === Number(id)));
}

/** Base64 of UTF-16LE. */
function decodedPath(encoded: string): string {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length === 0 || bytes.length % 2 === 1 || bytes.toString('base64') !== encoded)
    throw invalid('The header X-UIPATH-FolderPath-Encoded is not valid.');
  return bytes.toString('utf16le');
}

function found(folder: StoredFolder | undefined): StoredFolder {
  if (folder === undefined) throw new UipathFault(404, 1100, noSuchFolder);
  return folder;
}

function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
