throw new Error("imported too early");
