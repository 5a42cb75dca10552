// SPDX-License-Identifier: MIT
/*
 * The built-in table of known registries. The form of a row is in rules/registry_rows.h.
 *
 * A row says no more than what the library's source says in all versions that are in use. Where a
 * call replaces an entry (a handler), the word is in the variable itself. A list whose entries are
 * unlinked and freed needs no count; a table that keeps words after its last entry is left out
 * where nothing says how long it is.
 */
#include "rules/registry_rows.h"

const char registry_rows_built_in[] =
    /* wsdAutoext has nExt, and after it aExt. */
    "libsqlite3.so* sqlite3_auto_extension sqlite3_cancel_auto_extension"
    " target=code count=-8\n"
    "libsqlite3.so* sqlite3_vfs_register sqlite3_vfs_unregister"
    " blocks=0 target=data\n"
    "libsqlite3.so* sqlite3_config sqlite3_config"
    " blocks=0 target=code\n"

    /* int_error_hash: the hash table, its array, an item. */
    "libcrypto.so* ERR_load_strings* ERR_unload_strings"
    " blocks=3- target=data\n"

    "libglib-2.0.so* g_log_set_default_handler g_log_set_default_handler(g_log_default_handler)"
    " blocks=0 target=code\n"
    "libglib-2.0.so* g_log_set_writer_func -"
    " blocks=0 target=code\n"
    "libglib-2.0.so* g_set_print_handler g_set_print_handler(NULL)"
    " blocks=0 target=code\n"
    "libglib-2.0.so* g_set_printerr_handler g_set_printerr_handler(NULL)"
    " blocks=0 target=code\n"
    "libglib-2.0.so* g_log_set_handler,g_log_set_handler_full g_log_remove_handler\n"
    "libglib-2.0.so* g_idle_add*,g_timeout_add*,g_child_watch_add*,g_source_set_callback"
    " g_source_remove\n"
    "libglib-2.0.so* g_quark_from_static_string,g_intern_static_string -"
    " blocks=1-2 target=data"
    " advice=Give it a copy of the string (g_quark_from_string, g_intern_string), or link the "
    "module with -Wl,-z,nodelete.\n"

    /* Through GLib's tables of names, too. */
    "libgobject-2.0.so*,libglib-2.0.so* "
    "g_type_register_static*,g_type_register_fundamental,g_type_add_interface_static,"
    "g_type_class_ref,g_signal_new*,g_param_spec_*,g_object_class_install_propert*,"
    "g_value_register_transform_func -"
    " advice=What GObject registers is for good, and so must be the module: link it with "
    "-Wl,-z,nodelete.\n"
    /* ModuleTypeInfo, ModuleInterfaceInfo: g_type_module_use loads the module and has it register
     * its types again before GObject reads them. */
    "libgobject-2.0.so* g_type_module_register_type,g_type_module_add_interface - set-again\n"
    "libgobject-2.0.so* g_signal_connect_* g_signal_handler_disconnect\n"
    "libgobject-2.0.so* g_signal_add_emission_hook g_signal_remove_emission_hook\n"

    "libxml2.so* xmlRegisterInputCallbacks xmlPopInputCallbacks"
    " blocks=0 target=code\n"
    "libxml2.so* xmlRegisterOutputCallbacks xmlPopOutputCallbacks"
    " blocks=0 target=code\n"
    "libxml2.so* xmlSetExternalEntityLoader xmlSetExternalEntityLoader"
    " blocks=0 target=code\n"
    "libxml2.so* xmlSetGenericErrorFunc xmlSetGenericErrorFunc(NULL,NULL)"
    " blocks=0 target=code\n"
    "libxml2.so* xmlSetStructuredErrorFunc xmlSetStructuredErrorFunc(NULL,NULL)"
    " blocks=0 target=code\n"

    /* The encoded file of a descriptor, and the table of its types. */
    "libprotobuf.so* *8internal*AddDescriptors* -"
    " blocks=1-"
    " advice=Descriptors are for good: link the generated code into a library that stays loaded, "
    "or link the module with -Wl,-z,nodelete.\n"

    "libQt5Core.so*,libQt6Core.so* *qInstallMessageHandler* qInstallMessageHandler(nullptr)"
    " blocks=0 target=code\n"

    "libX11.so* XSetErrorHandler XSetErrorHandler(NULL)"
    " variable=_XErrorFunction\n"
    "libX11.so* XSetIOErrorHandler XSetIOErrorHandler(NULL)"
    " variable=_XIOErrorFunction\n"
    "libjack.so* jack_set_error_function jack_set_error_function(NULL)"
    " variable=jack_error_callback\n"
    "libreadline.so* rl_* -"
    " variable=rl_* target=code"
    " advice=Set the variable back to what it was before.\n"
    "libgmp.so* __gmp_set_memory_functions mp_set_memory_functions(NULL,NULL,NULL)"
    " blocks=0 target=code\n"
    "libavutil.so* av_log_set_callback av_log_set_callback(av_log_default_callback)"
    " blocks=0 target=code\n"
    "libgnutls.so* gnutls_global_set_log_function gnutls_global_set_log_function(NULL)"
    " blocks=0 target=code\n"
    "libevent*.so* event_set_log_callback event_set_log_callback(NULL)"
    " blocks=0 target=code\n"
    "libusb-1.0.so* libusb_set_log_cb libusb_set_log_cb(NULL,NULL,LIBUSB_LOG_CB_GLOBAL)"
    " blocks=0 target=code\n";
