# SPDX-License-Identifier: MIT
# What `cmake --install` lays down, and how other builds find it: by find_package(hardpan) as
# hardpan::hardpan (static) or hardpan::shared, or by pkg-config.
include(CMakePackageConfigHelpers)

set(hardpan_installed hardpan)
if(HARDPAN_SHARED)
  list(APPEND hardpan_installed hardpan_shared)
endif()
install(TARGETS ${hardpan_installed} EXPORT hardpanTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/hardpan.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/hardpan DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

set(hardpan_config "${CMAKE_INSTALL_LIBDIR}/cmake/hardpan")
install(EXPORT hardpanTargets NAMESPACE hardpan:: DESTINATION ${hardpan_config})
configure_package_config_file(pkg/hardpanConfig.cmake.in hardpanConfig.cmake
  INSTALL_DESTINATION ${hardpan_config} NO_SET_AND_CHECK_MACRO)
# 0.x promises nothing from one minor version to the next.
write_basic_package_version_file(hardpanConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/hardpanConfig.cmake" "${PROJECT_BINARY_DIR}/hardpanConfigVersion.cmake"
  DESTINATION ${hardpan_config})

# Relative to where the file lies, so that a tree installed elsewhere, or moved, still answers right.
file(RELATIVE_PATH HARDPAN_UP "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" HARDPAN_UP "${HARDPAN_UP}")
configure_file(pkg/hardpan.pc.in hardpan.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/hardpan.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

foreach(section 1 3 7)
  file(GLOB pages CONFIGURE_DEPENDS "man/*.${section}")
  if(pages)
    install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endif()
endforeach()

# A page for each public function, out of the headers' own comments.
find_program(HARDPAN_AWK NAMES awk)
if(HARDPAN_AWK)
  file(GLOB hardpan_headers CONFIGURE_DEPENDS "include/hardpan/*.h")
  set(hardpan_pages "${PROJECT_BINARY_DIR}/man3")
  add_custom_command(OUTPUT "${hardpan_pages}/stamp"
    COMMAND ${CMAKE_COMMAND} -E rm -rf "${hardpan_pages}"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${hardpan_pages}"
    COMMAND ${HARDPAN_AWK} -v "out=${hardpan_pages}" -v "version=${PROJECT_VERSION}"
      -f "${PROJECT_SOURCE_DIR}/script/manual.awk" "${PROJECT_SOURCE_DIR}/man/hardpan.1" ${hardpan_headers}
    COMMAND ${CMAKE_COMMAND} -E touch "${hardpan_pages}/stamp"
    DEPENDS ${hardpan_headers} man/hardpan.1 script/manual.awk VERBATIM)
  add_custom_target(hardpan_manual ALL DEPENDS "${hardpan_pages}/stamp")
  install(DIRECTORY "${hardpan_pages}/" DESTINATION ${CMAKE_INSTALL_MANDIR}/man3
    FILES_MATCHING PATTERN "*.3")
endif()
