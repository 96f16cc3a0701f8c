using System;
using System.Reflection;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

public sealed class ErrnoTests
{
    [Fact]
    public void Every_constant_is_described_by_its_own_name()
    {
        foreach (FieldInfo field in typeof(Errno).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            int value = (int)field.GetRawConstantValue()!;
            Assert.StartsWith(field.Name + " (", Errno.Describe(value), StringComparison.Ordinal);
            Assert.Equal(Errno.Describe(value), Errno.Describe(-value));
        }
    }

    [Fact]
    public void An_unknown_number_and_success_are_described_too()
    {
        Assert.Equal("errno 4000", Errno.Describe(-4000));
        Assert.Equal("success", Errno.Describe(0));
        Assert.Equal("errno 2147483648", Errno.Describe(int.MinValue));
    }
}
