// SPDX-License-Identifier: MIT
/* The style and the script of the HTML report, and their hashes for its content security policy;
 * made by the build from report.css and report.js. */
#ifndef DLPIN_ANALYZER_HTML_ASSETS_H
#define DLPIN_ANALYZER_HTML_ASSETS_H

extern const char html_style[], html_style_hash[];
extern const char html_script[], html_script_hash[];

#endif
