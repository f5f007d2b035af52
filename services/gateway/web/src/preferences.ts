// preferences.ts - what somebody has chosen of the page, whichever browser they sign in with.
import * as ops from './api/generated/operations';
import { call, Problem } from './api/client';
import type { Answer } from './api/types';
import { type Language, LANGUAGES, useLanguage } from './i18n';
import { theme } from './theme';
import { zone } from './time';

export function applyPreferences(chosen: Answer<'getPreferences'>): void {
  theme.value = chosen.theme;
  if (chosen.language in LANGUAGES) void useLanguage(chosen.language as Language);
  zone.value = chosen.timezone;
}

/** Of somebody who has just signed in. Who has never chosen anything keeps what their browser says. */
export async function takePreferences(): Promise<void> {
  try {
    const chosen = await call(ops.getPreferences);
    if (chosen.updated_at !== chosen.created_at) applyPreferences(chosen);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}
