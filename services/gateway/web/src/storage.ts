// storage.ts - what this browser remembers of how somebody likes the page. Never who they are: that is in cookies
// which no script can read, and without which the CSRF token that is kept here is good for nothing.

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`bourse.${name}`);
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`bourse.${name}`, value);
  } catch {
    // No storage: it is as long as the page.
  }
}
