import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { FAULTS } from '../fault-codes.js';
import { Problem } from '../problem.js';
import { PROBLEMS, type ProblemKind } from '../problem-codes.js';
import { REFUSALS } from '../refusal-codes.js';

/** Where a code is both, the refusal by a rule says more than the fault of a field. */
const ALL = new Map<string, ProblemKind>(Object.entries({ ...FAULTS, ...REFUSALS, ...PROBLEMS }));

const ALL_OF_THEM = '<p><a href="/problems">All problems</a>';

/** Where the `type` of a problem leads: what it means, and what to do. */
@ApiExcludeController()
@Controller('problems')
export class ProblemPagesController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  all(): string {
    const items = [...ALL].map(
      ([code, { status, title }]) => `<li>${status} <a href="/problems/${code}">${code}</a>: ${title}`,
    );
    return page('Problems', `<ul>${items.join('')}</ul>`);
  }

  @Get(':code')
  @Header('Content-Type', 'text/html; charset=utf-8')
  one(@Param('code') code: string): string {
    const kind = ALL.get(code);
    if (!kind) throw new Problem('not-found', 'There is no problem with this code.');
    const { status, title, cause, cure } = kind;
    return page(
      title,
      `<p><code>${code}</code>, status ${status}<p>${cause}<h2>What to do</h2><p>${cure}${ALL_OF_THEM}`,
    );
  }
}

/** Only texts of our own stand in it, so nothing needs escaping. */
function page(title: string, body: string): string {
  const head = `<meta charset="utf-8"><title>${title}</title>`;
  return `<!doctype html><html lang="en">${head}<h1>${title}</h1>${body}</html>`;
}
