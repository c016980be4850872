// The page script: a classic file, first in the head, before anything of the app. Built by build/page-script-file.ts.
import { VERSION_META } from "../names.ts";
import { install } from "./install.ts";
import { pinNavigation } from "./pin-navigation.ts";

const { content, dataset } = document.querySelector<HTMLMetaElement>(`meta[name=${VERSION_META}]`)!;
install(content, dataset.paths!, +dataset.poll! * 1000, pinNavigation);
