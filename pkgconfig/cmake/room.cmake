# room(NAME SOURCES a.c b.c PUBLIC name.h SEES other ...)
#
# A room is a folder with one concept. It becomes the OBJECT library room_NAME. Its PUBLIC headers
# are what neighbours may include; they are found only by rooms that list NAME under SEES, so a
# forbidden include does not compile. headers/ is visible to everybody. A room's own headers are
# found because they stand beside the including file.
function(room NAME)
  cmake_parse_arguments(ROOM "" "DIR" "SOURCES;PUBLIC;SEES;LINKS" ${ARGN})
  if(NOT ROOM_DIR)
    set(ROOM_DIR ${CMAKE_CURRENT_SOURCE_DIR}/${NAME})
  endif()
  set(sources ${ROOM_SOURCES})
  list(TRANSFORM sources PREPEND ${ROOM_DIR}/)
  # The shop window: links to the public headers and to nothing else.
  set(window ${PROJECT_BINARY_DIR}/rooms/${NAME})
  file(REMOVE_RECURSE ${window})
  file(MAKE_DIRECTORY ${window})
  foreach(header ${ROOM_PUBLIC})
    get_filename_component(base ${header} NAME)
    file(CREATE_LINK ${ROOM_DIR}/${header} ${window}/${base} SYMBOLIC)
  endforeach()
  if(sources)
    add_library(room_${NAME} OBJECT ${sources})
    target_include_directories(room_${NAME} PRIVATE ${PROJECT_SOURCE_DIR}/headers ${window})
    foreach(seen ${ROOM_SEES})
      target_include_directories(room_${NAME} PRIVATE ${PROJECT_BINARY_DIR}/rooms/${seen})
    endforeach()
    foreach(library ${ROOM_LINKS})
      target_link_libraries(room_${NAME} PRIVATE ${library})
    endforeach()
  endif()
endfunction()
