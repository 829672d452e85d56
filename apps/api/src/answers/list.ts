import type { FastifyReply } from 'fastify';
import { type Page, PAGE_MAX } from '#projections';
import { Id } from '../body/values.js';
import { Whole } from '../body/query.js';
import { AtLeastQuery } from './reading.js';

/** How many rows an answer may have. */
export const Limit = () =>
  Whole(1, PAGE_MAX, { optional: true, example: '50', description: 'Rows of a page; 200 unless told.' });

/** Of every list: a page of it. */
export class ListQuery extends AtLeastQuery {
  @Limit() readonly limit?: string;
  @Id({ optional: true, description: '`next` of the page before.' }) readonly after?: string;
}

/** What `page` queries take. */
export function pageOf({ limit, after }: ListQuery): { limit?: number; after?: string } {
  return { ...(limit !== undefined && { limit: Number(limit) }), ...(after !== undefined && { after }) };
}

/** Links the next page (RFC 8288): the same query, after this page's last. */
export function linkNext<T>(page: Page<T>, reply: FastifyReply): Page<T> {
  if (page.next !== null) {
    const url = new URL(reply.request.url, 'http://kosh');
    url.searchParams.set('after', page.next);
    void reply.header('Link', `<${url.pathname}${url.search}>; rel="next"`);
  }
  return page;
}
