import type { App } from '../app';
import type { PostingOutcome, PostingRequest } from './posting';

/** What posting the request would answer now; writes nothing (dryRun). */
export function previewPosting(app: App, request: PostingRequest): Promise<PostingOutcome> {
  return app.ledger.preview(request);
}
