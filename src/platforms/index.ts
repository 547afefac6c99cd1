// Every platform the gateway knows, one line each. Nothing else names them: `all.ts` collects what stands here.
export { concord } from './concord/concord.platform.ts';
export { frends } from './frends/frends.platform.ts';
export { odsl } from './odsl/odsl.platform.ts';
export { uipath } from './uipath/uipath.platform.ts';
