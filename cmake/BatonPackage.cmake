# What `cmake --install` installs, and the Debian package that tools/package makes of it (docs/decisions/containers.md).
include(GNUInstallDirs)

install(TARGETS baton RUNTIME DESTINATION bin)
install(CODE [[
  file(CREATE_LINK baton "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/bin/chainlink" SYMBOLIC)
]])
install(PROGRAMS ${CMAKE_SOURCE_DIR}/deploy/container/health DESTINATION lib/baton)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/systemd/baton@.service DESTINATION lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/systemd/example.env DESTINATION share/doc/baton/examples)

# Commits count up, so that a newer one upgrades an older one; a commit's date makes the archive the same each time.
execute_process(COMMAND git log -1 --format=%cd.%h --date=format:%Y%m%d%H%M%S --abbrev=7
                WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE build OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT build)
  set(build 0)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME baton)
set(CPACK_PACKAGE_CONTACT "Baton <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "oracle node that hands over leadership in milliseconds")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Stands in for the Chainlink node v1.11.0 on the same database. Several instances share it: one leads, the others stand by warm.")
set(CPACK_DEBIAN_PACKAGE_VERSION "${PROJECT_VERSION}+${build}")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, curl")
# pg_dump for backups; the server for an instance without DATABASE_URL.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS postgresql-client)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS postgresql)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/deploy/package/postinst ${CMAKE_SOURCE_DIR}/deploy/package/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};baton;ALL;/")
include(CPack)
