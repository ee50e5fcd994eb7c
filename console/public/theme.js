// Runs before the first paint, so that a forced theme never flashes. Kept out of index.html because of the CSP.
try {
  const theme = localStorage.getItem('skiff.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system theme is right then.
}
