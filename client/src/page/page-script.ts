// The page script: a classic script that runs first in the head, before any code of the app. Built by
// build/page-scripts.ts.
import { VERSION_META } from "../names.ts";
import { install } from "./install.ts";
import { pinNavigation } from "./pin-navigation.ts";

const { content, dataset } = document.querySelector<HTMLMetaElement>(`meta[name=${VERSION_META}]`)!;
install(content, dataset.paths!, +dataset.poll! * 1000, pinNavigation);
