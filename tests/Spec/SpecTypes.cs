using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nvmepf.Spec;

namespace Nvmepf.Tests.Spec;

// The public types of Nvmepf.Spec and their bytes, by reflection: what lets the tests notice a type that no table names.
internal static class SpecTypes
{
    private const BindingFlags PublicInstance = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    internal static Type[] Public { get; } = typeof(SubmissionQueueEntry).Assembly.GetExportedTypes();

    internal static IEnumerable<Type> Structs => Public.Where(type => type.IsValueType && !type.IsEnum);

    internal static IEnumerable<Type> Enums => Public.Where(type => type.IsEnum);

    internal static IEnumerable<Type> Words => Structs.Where(type => type.GetField("Raw", PublicInstance) is not null);

    internal static Type Named(string name) => Public.SingleOrDefault(type => type.Name == name)
        ?? throw new InvalidOperationException("Nvmepf.Spec has no public type " + name);

    internal static FieldInfo[] Fields(Type type) => type.GetFields(PublicInstance);

    internal static PropertyInfo[] Properties(Type type) => type.GetProperties(PublicInstance);

    internal static int SizeOf(Type type) => (int)Call(nameof(SizeOfType), type);

    internal static byte[] BytesOf(object value) => (byte[])Call(nameof(BytesOfValue), value.GetType(), value);

    internal static object FromBytes(Type type, byte[] bytes) => Call(nameof(ValueFromBytes), type, bytes);

    private static object Call(string method, Type type, params object[] arguments) =>
        typeof(SpecTypes).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type).Invoke(null, arguments)!;

    private static int SizeOfType<T>()
        where T : unmanaged => Unsafe.SizeOf<T>();

    private static byte[] BytesOfValue<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();

    private static T ValueFromBytes<T>(byte[] bytes)
        where T : unmanaged => MemoryMarshal.Read<T>(bytes);
}
