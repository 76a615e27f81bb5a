import { readConfig } from './src/platform/config';
import { createOwnerDataSource } from './src/platform/database/data-source';

/** For the TypeORM command line, on the built file: `npx typeorm migration:show -d dist/ormconfig.js`. The platform migrates by itself. */
export default createOwnerDataSource(readConfig().database.urls?.owner ?? 'postgres://set-DATABASE_URL-first/');
