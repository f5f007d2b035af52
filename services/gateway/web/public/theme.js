// Before the first paint, so that nothing flashes; src/theme.ts goes on from here.
try {
  const theme = localStorage.getItem('bourse.theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's theme.
}
