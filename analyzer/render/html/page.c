// SPDX-License-Identifier: MIT
#include "render/html/page.h"

#include "render/escape.h"
#include "render/html/assets.h"

/* The browser does not run, apply or load anything that this policy does not name. */
void page_begin(FILE *out, const char *title)
{
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
            "'%s'; "
            "script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"color-scheme\" content=\"light dark\">\n"
            "<meta name=\"referrer\" content=\"no-referrer\">\n"
            "<link rel=\"icon\" href=\"data:,\">\n<title>",
            html_style_hash, html_script_hash);
    xml_put(out, title);
    fprintf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n", html_style);
}

void page_end(FILE *out)
{
    fprintf(out,
            "<footer>dlpin " DLPIN_VERSION "</footer>\n<script>%s</script>\n</body>\n</html>\n",
            html_script);
}
