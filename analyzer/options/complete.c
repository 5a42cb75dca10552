// SPDX-License-Identifier: MIT
/*
 * Completions for shells. Both scripts are tables of the commands and options, and functions that
 * know of none.
 */
#include "options/options.h"

#include "commands/command.h"

#include <string.h>

/* By what values of options and arguments of commands are completed. */
enum completion {
    BY_NOTHING,
    BY_WORD,
    BY_WORDS, /* separated by commas */
    BY_FILE,
    BY_FOLDER,
    BY_FOLDERS, /* separated by colons */
    BY_PROCESS,
    BY_PROGRAM, /* in PATH */
    BY_REPORT,  /* a format, a colon and a file */
};

/* value: as help calls it; word: of an option, or NULL. */
static enum completion completion_of(const char *value, const char *(*word)(size_t number))
{
    static const struct {
        const char *value;
        enum completion by;
    } rows[] = {
        {"FILE", BY_FILE},          {"LIBRARY", BY_FILE},      {"DIR", BY_FOLDER},
        {"PROGRAM", BY_PROGRAM},    {"DIR[:DIR]", BY_FOLDERS}, {"PID", BY_PROCESS},
        {"FORMAT:FILE", BY_REPORT},
    };

    if (word != NULL)
        return strcmp(value, "LIST") == 0 ? BY_WORDS : BY_WORD;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(value, rows[i].value) == 0)
            return rows[i].by;
    }
    return BY_NOTHING;
}

static bool is_of(const struct option_row *row, const struct command *command)
{
    return (row->commands & command->in) != 0;
}

static void put_words(FILE *out, const char *(*word)(size_t number))
{
    for (size_t i = 0; word(i) != NULL; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", word(i));
}

/* Assignments of the script for bash. */
static void put_bash_action(FILE *out, const char *value, const char *(*word)(size_t number))
{
    static const char *const actions[] = {
        [BY_NOTHING] = "nothing", [BY_WORD] = "word",       [BY_WORDS] = "words",
        [BY_FILE] = "file",       [BY_FOLDER] = "folder",   [BY_FOLDERS] = "folder",
        [BY_PROCESS] = "process", [BY_PROGRAM] = "program", [BY_REPORT] = "report",
    };
    enum completion by = completion_of(value, word);

    fprintf(out, "action=%s words='", actions[by]);
    if (by == BY_WORD || by == BY_WORDS || by == BY_REPORT)
        put_words(out, by == BY_REPORT ? format_name : word);
    fputc('\'', out);
}

static void put_bash_value(FILE *out, const struct option_row *row)
{
    if (row->value == NULL)
        return;
    fprintf(out, "    --%s", row->name);
    if (row->letter != 0)
        fprintf(out, " | -%c", row->letter);
    fputs(") ", out);
    put_bash_action(out, row->value, row->word);
    fputs(" ;;\n", out);
}

static void put_bash_command(FILE *out, const struct command *command)
{
    fprintf(out, "    %s) ", command->name);
    put_bash_action(out, command->argument, command->word);
    fputs(" options='", out);
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

static const char bash_begin[] =
    "# Completion of dlpin for bash; made from its table of options.\n"
    "\n"
    "# By what the option's value is completed; fails for an option that takes none.\n"
    "_dlpin_value()\n"
    "{\n"
    "    case $1 in\n";

static const char bash_between[] =
    "    *) return 1 ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "# By what the command's arguments are completed, and its options.\n"
    "_dlpin_command()\n"
    "{\n"
    "    case $1 in\n";

static const char bash_end[] =
    "    *) action=nothing words= options= ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_dlpin_complete()\n"
    "{\n"
    "    local list=\n"
    "    case $action in\n"
    "    word) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
    "    words) # Of a list only the last word is completed.\n"
    "        case $word in *,*) list=${word%,*}, word=${word##*,} ;; esac\n"
    "        mapfile -t COMPREPLY < <(compgen -P \"$list\" -W \"$words\" -- \"$word\") ;;\n"
    "    report)\n"
    "        mapfile -t COMPREPLY < <(compgen -S : -W \"$words\" -- \"$word\")\n"
    "        compopt -o nospace 2>/dev/null ;;\n"
    "    process) mapfile -t COMPREPLY < <(compgen -W \"$(cd /proc && echo [0-9]*)\" -- \"$word\") "
    ";;\n"
    "    folder)\n"
    "        mapfile -t COMPREPLY < <(compgen -d -- \"$word\")\n"
    "        compopt -o filenames 2>/dev/null ;;\n"
    "    program | file)\n"
    "        if [ \"$action\" = program ] && [[ $word != */* ]]; then\n"
    "            mapfile -t COMPREPLY < <(compgen -c -- \"$word\" | sort -u)\n"
    "        else\n"
    "            mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
    "            compopt -o filenames 2>/dev/null\n"
    "        fi ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "# Arguments of a program are completed as if it were called without dlpin.\n"
    "_dlpin_program()\n"
    "{\n"
    "    if declare -F _command_offset >/dev/null; then\n"
    "        _command_offset \"$1\"\n"
    "    else\n"
    "        action=file\n"
    "        _dlpin_complete\n"
    "    fi\n"
    "}\n"
    "\n"
    "_dlpin()\n"
    "{\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} action words options only_arguments= at=2\n"
    "    COMPREPLY=()\n"
    "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "        _dlpin_command help\n"
    "        words+=' --help --version'\n"
    "        _dlpin_complete\n"
    "        return\n"
    "    fi\n"
    "    # Past options and their values; \"=\" and \":\" are words of their own: --report = json "
    ": x\n"
    "    while [ \"$at\" -lt \"$COMP_CWORD\" ]; do\n"
    "        _dlpin_command \"${COMP_WORDS[1]}\"\n"
    "        case $only_arguments${COMP_WORDS[at]} in\n"
    "        --) only_arguments=yes ;;\n"
    "        -*) if _dlpin_value \"${COMP_WORDS[at]}\"; then\n"
    "                at=$((at + 1))\n"
    "                [ \"${COMP_WORDS[at]-}\" = = ] && at=$((at + 1))\n"
    "                while [[ ${COMP_WORDS[at+1]-} == = || ${COMP_WORDS[at+1]-} == : ]]; do\n"
    "                    at=$((at + 2))\n"
    "                done\n"
    "            fi ;;\n"
    "        *) if [ \"$action\" = program ]; then\n"
    "                _dlpin_program \"$at\"\n"
    "                return\n"
    "            fi ;;\n"
    "        esac\n"
    "        at=$((at + 1))\n"
    "    done\n"
    "    if [ \"$at\" -gt \"$COMP_CWORD\" ]; then\n"
    "        if [ \"$action\" = report ] && [[ ${COMP_WORDS[COMP_CWORD-1]}$word == *:* ]]; then\n"
    "            action=file\n"
    "        fi\n"
    "        [[ $word == = || $word == : ]] && word=\n"
    "        _dlpin_complete\n"
    "        return\n"
    "    fi\n"
    "    _dlpin_command \"${COMP_WORDS[1]}\"\n"
    "    if [ -z \"$only_arguments\" ] && [[ $word == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
    "        [[ ${COMPREPLY-} == *= ]] && compopt -o nospace 2>/dev/null\n"
    "    else\n"
    "        _dlpin_complete\n"
    "    fi\n"
    "}\n"
    "complete -F _dlpin dlpin\n";

static void put_bash(FILE *out, const struct command *const *list)
{
    fputs(bash_begin, out);
    for (size_t i = 0; i < option_count; i++)
        put_bash_value(out, &option_rows[i]);
    fputs(bash_between, out);
    for (size_t i = 0; list[i] != NULL; i++)
        put_bash_command(out, list[i]);
    fputs("    help) action=word options= words='", out);
    for (size_t i = 0; list[i] != NULL; i++)
        fprintf(out, "%s ", list[i]->name);
    fputs("help' ;;\n", out);
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

/* An action of _arguments. */
static void put_zsh_action(FILE *out, const char *value, const char *(*word)(size_t number))
{
    static const char *const actions[] = {
        [BY_NOTHING] = "",
        [BY_WORD] = "(",
        [BY_WORDS] = "_sequence compadd - ",
        [BY_FILE] = "_files",
        [BY_FOLDER] = "_directories",
        [BY_FOLDERS] = "_dir_list",
        [BY_PROCESS] = "_pids",
        [BY_PROGRAM] = "_command_names -e",
        [BY_REPORT] = "_dlpin_report",
    };
    enum completion by = completion_of(value, word);

    fputs(actions[by], out);
    if (by == BY_WORD || by == BY_WORDS)
        put_words(out, word);
    fputs(by == BY_WORD ? ")" : "", out);
}

static void put_zsh_option(FILE *out, const struct option_row *row)
{
    for (int shorter = row->letter != 0; shorter >= 0; shorter--) {
        if (shorter)
            fprintf(out, "        '*-%c%s[", row->letter, row->value != NULL ? "+" : "");
        else
            fprintf(out, "        '*--%s%s[", row->name, row->value != NULL ? "=" : "");
        put_zsh_text(out, row->help);
        fputc(']', out);
        if (row->value != NULL) {
            fprintf(out, ":%s:", row->name);
            put_zsh_action(out, row->value, row->word);
        }
        fputs("' \\\n", out);
    }
}

static void put_zsh_command(FILE *out, const struct command *command)
{
    fprintf(out, "%s)\n    _arguments -s -S \\\n", command->name);
    for (size_t row = 0; row < option_count; row++) {
        if (is_of(&option_rows[row], command))
            put_zsh_option(out, &option_rows[row]);
    }
    fprintf(out, "        '%s:argument:", command->runs_program ? "(-)1" : "*");
    put_zsh_action(out, command->argument, command->word);
    fprintf(out, "'%s ;;\n", command->runs_program ? " '*::arguments:_normal'" : "");
}

/* zsh has an array "commands" of its own. */
static void put_zsh(FILE *out, const struct command *const *list)
{
    fputs("#compdef dlpin\n"
          "# Completion of dlpin for zsh; made from its table of options.\n"
          "_dlpin_report()\n"
          "{\n"
          "    if compset -P 1 '*:'; then\n"
          "        _files\n"
          "    else\n"
          "        compadd -S : - ",
          out);
    put_words(out, format_name);
    fputs("\n"
          "    fi\n"
          "}\n"
          "local -a dlpin_commands=(\n",
          out);
    for (size_t i = 0; list[i] != NULL; i++) {
        fprintf(out, "    '%s:", list[i]->name);
        put_zsh_text(out, list[i]->summary);
        fputs("'\n", out);
    }
    fputs("    'help:show the help of a command')\n"
          "if (( CURRENT == 2 )) && [[ $PREFIX == -* ]]; then\n"
          "    compadd - --help --version\n"
          "    return\n"
          "elif (( CURRENT == 2 )) || [[ $words[2] == help ]]; then\n"
          "    _describe command dlpin_commands\n"
          "    return\n"
          "fi\n"
          "local command=$words[2]\n"
          "shift words\n"
          "(( CURRENT-- ))\n"
          "case $command in\n",
          out);
    for (size_t i = 0; list[i] != NULL; i++)
        put_zsh_command(out, list[i]);
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
