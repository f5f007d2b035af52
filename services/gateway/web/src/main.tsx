import { render } from 'preact';
import { App } from './app';
import { language, useLanguage } from './i18n';
import { listenToKeys } from './keys';
import { followLinks } from './router';
import { resume } from './session';
import './styles/theme.css';
import './styles/parts.css';
import './styles/shell.css';
import './styles/client.css';
import './theme';

followLinks();
listenToKeys();
await Promise.all([useLanguage(language.value), resume()]);
render(<App />, document.getElementById('app')!);
