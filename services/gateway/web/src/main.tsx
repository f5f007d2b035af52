import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app';
import { language, useLanguage } from './i18n';
import { listenToKeys } from './keys';
import { sendSpansWhenLeft } from './api/trace';
import { followLinks } from './router';
import { deadManOf, person, resume } from './session';
import { kept } from './storage';
import './styles/theme.css';
import './styles/parts.css';
import './styles/shell.css';
import './styles/client.css';
import './theme';

followLinks();
listenToKeys();
sendSpansWhenLeft();
await Promise.all([useLanguage(language.value), resume()]);
effect(() => {
  if (person.value && kept(deadManOf(person.value))) void import('./trade/dead-man');
});
render(<App />, document.getElementById('app')!);
