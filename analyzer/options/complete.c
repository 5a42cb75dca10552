// SPDX-License-Identifier: MIT
/*
 * Completions for shells. Both scripts are a table of the options, and a function that knows of
 * none: words, values, files and directories are told apart by the table.
 */
#include "options/options.h"

#include "commands/command.h"

#include <string.h>

static bool is_of(const struct option_row *row, const struct command *command)
{
    return (row->commands & command->in) != 0;
}

static bool takes_file(const struct option_row *row)
{
    static const char *const values[] = {"FILE", "LIBRARY", "PROGRAM"};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (strcmp(row->value, values[i]) == 0)
            return true;
    }
    return false;
}

static void put_words(FILE *out, const struct option_row *row)
{
    for (size_t i = 0; row->word(i) != NULL; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", row->word(i));
}

/* A line of a case statement for each command: what its options are. */
static void put_bash_options(FILE *out, const struct command *command)
{
    fprintf(out, "    %s) options='", command->name);
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];

        if (!is_of(row, command))
            continue;
        if (row->letter != 0)
            fprintf(out, "-%c ", row->letter);
        fprintf(out, "--%s%s ", row->name, row->value != NULL ? "=" : "");
    }
    fputs("' ;;\n", out);
}

static void put_bash_value(FILE *out, const struct option_row *row)
{
    if (row->value == NULL)
        return;
    fprintf(out, "    --%s", row->name);
    if (row->letter != 0)
        fprintf(out, " | -%c", row->letter);
    fputs(") ", out);
    if (row->word != NULL) {
        fputs("words='", out);
        put_words(out, row);
        fputs("' ;;\n", out);
    } else if (strncmp(row->value, "DIR", strlen("DIR")) == 0) {
        fputs("action=directory ;;\n", out);
    } else if (takes_file(row)) {
        fputs("action=file ;;\n", out);
    } else {
        fputs("action=none ;;\n", out);
    }
}

static const char bash_begin[] =
    "# Completion of dlpin for bash; made from its table of options.\n"
    "_dlpin()\n"
    "{\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options= words= "
    "action=\n"
    "    COMPREPLY=()\n"
    "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "        COMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$word\"))\n"
    "        return\n"
    "    fi\n"
    "    # \"=\" is a word of its own: --format = te\n"
    "    if [ \"$word\" = = ]; then\n"
    "        word=\n"
    "    elif [ \"$before\" = = ]; then\n"
    "        before=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n"
    "    case $before in\n";

static const char bash_end[] =
    "    esac\n"
    "    if [ -n \"$words\" ]; then\n"
    "        # Of a list only the last word is completed.\n"
    "        local list=\n"
    "        case $word in *,*) list=${word%,*}, word=${word##*,} ;; esac\n"
    "        COMPREPLY=($(compgen -P \"$list\" -W \"$words\" -- \"$word\"))\n"
    "    elif [ \"$action\" = none ]; then\n"
    "        :\n"
    "    elif [ \"$action\" = directory ]; then\n"
    "        COMPREPLY=($(compgen -d -- \"$word\"))\n"
    "    elif [ -z \"$action\" ] && [ -n \"$options\" ] && [[ $word == -* ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
    "        [[ ${COMPREPLY-} == *= ]] && compopt -o nospace 2>/dev/null\n"
    "    else\n"
    "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
    "        compopt -o filenames 2>/dev/null\n"
    "    fi\n"
    "}\n"
    "complete -F _dlpin dlpin\n";

static void put_bash(FILE *out, const struct command *const *list)
{
    const char *at = strstr(bash_begin, "$commands");

    fwrite(bash_begin, 1, (size_t)(at - bash_begin), out);
    for (size_t i = 0; list[i] != NULL; i++)
        fprintf(out, "%s ", list[i]->name);
    fprintf(out, "help%s", at + strlen("$commands"));
    for (size_t i = 0; i < option_count; i++)
        put_bash_value(out, &option_rows[i]);
    fputs("    esac\n    case ${COMP_WORDS[1]} in\n", out);
    for (size_t i = 0; list[i] != NULL; i++)
        put_bash_options(out, list[i]);
    fputs(bash_end, out);
}

/* Within single quotes and brackets of _arguments. */
static void put_zsh_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fprintf(out, "%s%c", strchr("[]:\\", *text) != NULL ? "\\" : "", *text);
    }
}

static void put_zsh_value(FILE *out, const struct option_row *row)
{
    fprintf(out, ":%s:", row->word != NULL ? row->name : "value");
    if (row->word != NULL) {
        fputs("_sequence compadd - ", out);
        put_words(out, row);
    } else if (strncmp(row->value, "DIR", strlen("DIR")) == 0) {
        fputs("_directories", out);
    } else if (takes_file(row)) {
        fputs("_files", out);
    }
}

static void put_zsh_option(FILE *out, const struct option_row *row)
{
    for (int shorter = row->letter != 0; shorter >= 0; shorter--) {
        if (shorter)
            fprintf(out, "            '*-%c%s[", row->letter, row->value != NULL ? "+" : "");
        else
            fprintf(out, "            '*--%s%s[", row->name, row->value != NULL ? "=" : "");
        put_zsh_text(out, row->help);
        fputc(']', out);
        if (row->value != NULL)
            put_zsh_value(out, row);
        fputs("' \\\n", out);
    }
}

static void put_zsh(FILE *out, const struct command *const *list)
{
    fputs("#compdef dlpin\n"
          "# Completion of dlpin for zsh; made from its table of options.\n"
          "if (( CURRENT == 2 )); then\n"
          "    local -a commands=(\n",
          out);
    for (size_t i = 0; list[i] != NULL; i++) {
        fprintf(out, "        '%s:", list[i]->name);
        put_zsh_text(out, list[i]->summary);
        fputs("'\n", out);
    }
    fputs("        'help:show the help of a command')\n"
          "    _describe command commands\n"
          "    return\n"
          "fi\n"
          "local command=$words[2]\n"
          "shift words\n"
          "(( CURRENT-- ))\n"
          "case $command in\n",
          out);
    for (size_t i = 0; list[i] != NULL; i++) {
        fprintf(out, "    %s)\n        _arguments -s \\\n", list[i]->name);
        for (size_t row = 0; row < option_count; row++) {
            if (is_of(&option_rows[row], list[i]))
                put_zsh_option(out, &option_rows[row]);
        }
        fprintf(out, "            %s ;;\n",
                list[i]->runs_program ? "'(-)1:program:_command_names -e' '*::arguments:_normal'"
                                      : "'*:file:_files'");
    }
    fputs("esac\n", out);
}

bool options_complete(FILE *out, const char *shell, const struct command *const *list)
{
    if (strcmp(shell, "bash") == 0)
        put_bash(out, list);
    else if (strcmp(shell, "zsh") == 0)
        put_zsh(out, list);
    else
        return false;
    return true;
}
