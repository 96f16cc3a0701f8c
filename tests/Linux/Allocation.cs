using System;
using Xunit;

namespace Nvmepf.Tests.Linux;

internal static class Allocation
{
    /// <summary>Runs the loop once to compile and warm it up, then again, and fails if the second run allocated on this thread.</summary>
    internal static void AssertNone(Action loop)
    {
        loop();
        loop();
        long before = GC.GetAllocatedBytesForCurrentThread();
        loop();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
