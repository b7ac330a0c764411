#!/usr/bin/env bash
# Makes Sources/MartletWire/Generated from Protos/. Run it after a change to a .proto file and commit the result.
# Needs protoc (Debian: protobuf-compiler) and builds the two plugins from the packages this package uses.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=${MARTLET_PROTOC_PLUGINS:-.build-protoc}
plugin() { # plugin PACKAGE PRODUCT
    local checkout=.build/checkouts/$1
    [ -d "$checkout" ] || swift package resolve
    swift build --package-path "$checkout" --scratch-path "$tools/$1" --product "$2" >&2
    echo "$(swift build --package-path "$checkout" --scratch-path "$tools/$1" --show-bin-path)/$2"
}
messages=${MARTLET_PROTOC_GEN_SWIFT:-$(plugin swift-protobuf protoc-gen-swift)}
services=${MARTLET_PROTOC_GEN_GRPC:-$(plugin grpc-swift-protobuf protoc-gen-grpc-swift-2)}

out=Sources/MartletWire/Generated
rm -rf "$out" && mkdir -p "$out"
mapfile -t protos < <(cd Protos && find . -name '*.proto' | sed 's|^\./||' | sort)
protoc -I Protos "${protos[@]}" \
    --plugin=protoc-gen-swift="$messages" --swift_out="$out" \
    --swift_opt=Visibility=Package,FileNaming=PathToUnderscores,UseAccessLevelOnImports=true \
    --plugin=protoc-gen-grpc-swift-2="$services" --grpc-swift-2_out="$out" \
    --grpc-swift-2_opt=Visibility=Package,FileNaming=PathToUnderscores,UseAccessLevelOnImports=true

# Server reflection serves these, so that a client can discover the services.
protoc -I Protos martlet/v1/jobs.proto martlet/v1/work.proto grpc/health/v1/health.proto \
    --include_imports --descriptor_set_out="$out/descriptors.binpb"
{
    echo "// swift-format-ignore-file"
    echo "/// The descriptors of the public services, as a serialized \`google.protobuf.FileDescriptorSet\`, in base64."
    echo "package let serializedDescriptors = \"\"\""
    base64 -w 100 "$out/descriptors.binpb" | sed 's/$/\\/'
    echo
    echo "\"\"\""
} > "$out/Descriptors.swift"
rm "$out/descriptors.binpb"
