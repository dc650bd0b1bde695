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
